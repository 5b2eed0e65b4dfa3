// The function app on Flex Consumption, and its settings.

@description('Name of the plan.')
@minLength(1)
@maxLength(60)
param planName string

@description('Name of the site; it becomes part of the address.')
@minLength(2)
@maxLength(60)
param siteName string

@description('Azure region.')
param location string

@description('Tags for every resource.')
param tags object

@description('User-assigned identity that the app runs as.')
param identityName string

@description('Storage account of the pipeline and of the host.')
param storageAccountName string

@description('Container that holds the published package.')
param deploymentContainerName string

@description('Cosmos DB account.')
param cosmosAccountName string

@description('Database in the Cosmos DB account.')
param cosmosDatabaseName string

@description('Application Insights component that telemetry goes to.')
param applicationInsightsName string

@description('Memory of one instance in MB.')
@allowed([
  512
  2048
  4096
])
param instanceMemoryMB int

@description('Most instances the app may scale out to.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int

@description('Instances kept warm for uploads, billed around the clock.')
@minValue(0)
@maxValue(20)
param alwaysReadyBlobInstances int

@description('HTTP requests that one instance answers at the same time. Azure would take 1 for Python.')
@minValue(1)
@maxValue(1000)
param httpConcurrency int

@description('Origins of pages that may call the API from a browser, besides the app\'s own. None by default.')
param pageOrigins string[]

var warmBlobInstances = [
  {
    name: 'blob'
    instanceCount: alwaysReadyBlobInstances
  }
]

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName
}

resource cosmos 'Microsoft.DocumentDB/databaseAccounts@2025-04-15' existing = {
  name: cosmosAccountName
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource site 'Microsoft.Web/sites@2024-11-01' = {
  name: siteName
  location: location
  // azd publishes the service of this name to this site.
  tags: union(tags, { 'azd-service-name': 'app' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    publicNetworkAccess: 'Enabled'
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      http20Enabled: true
      // The platform answers for the app, also what browsers ask before they send a key.
      cors: {
        allowedOrigins: pageOrigins
        supportCredentials: false
      }
    }
    functionAppConfig: {
      runtime: {
        name: 'python'
        version: '3.13'
      }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storage.properties.primaryEndpoints.blob}${deploymentContainerName}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyBlobInstances > 0 ? warmBlobInstances : []
        triggers: {
          http: {
            perInstanceConcurrency: httpConcurrency
          }
        }
      }
    }
  }
}

// What local.settings.json.example has, as it is on Azure: identities in place of keys.
resource appSettings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: site
  name: 'appsettings'
  properties: {
    // The host's own storage takes the account's name: the forms with addresses have failed.
    AzureWebJobsStorage__accountName: storage.name
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: identity.properties.clientId
    // The data connection takes addresses: the blob binding does not understand the account's name.
    // The blob trigger also needs the queue service, for its poison messages.
    Storage__blobServiceUri: storage.properties.primaryEndpoints.blob
    Storage__queueServiceUri: storage.properties.primaryEndpoints.queue
    Storage__credential: 'managedidentity'
    Storage__clientId: identity.properties.clientId
    AZURE_CLIENT_ID: identity.properties.clientId
    COSMOS_ENDPOINT: cosmos.properties.documentEndpoint
    COSMOS_DATABASE: cosmosDatabaseName
    DATASETS_FILE: 'datasets.toml'
    // Flex Consumption has no blob trigger that polls.
    BLOB_TRIGGER_SOURCE: 'EventGrid'
    REFRESH_SCHEDULE: '0 */5 * * * *'
    RECONCILE_SCHEDULE: '0 */15 * * * *'
    MAX_FILE_BYTES: '10737418240'
    // Functions are synchronous: as many threads as requests come in at once.
    PYTHON_THREADPOOL_THREAD_COUNT: string(httpConcurrency)
    // The app sets up telemetry itself. Having the worker do it as well would send everything more than once.
    APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsights.properties.ConnectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
  }
}

// Publishing takes Entra tokens only.
resource noFtpPasswords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: site
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource noScmPasswords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: site
  name: 'scm'
  properties: {
    allow: false
  }
}

@description('Name of the function app.')
output siteName string = site.name

@description('Address of the function app.')
output url string = 'https://${site.properties.defaultHostName}'
