// The app's one identity, and every right that it and the uploader have. No keys are used anywhere.

@description('Name of the user-assigned identity.')
@minLength(3)
@maxLength(128)
param identityName string

@description('Azure region.')
param location string

@description('Tags for the identity.')
param tags object

@description('Storage account of the pipeline and of the host.')
param storageAccountName string

@description('Cosmos DB account.')
param cosmosAccountName string

@description('Database in the Cosmos DB account.')
param cosmosDatabaseName string

@description('Application Insights component that telemetry goes to.')
param applicationInsightsName string

@description('Object id of a user, group or service principal that may upload files and read results. Empty: nobody but the app.')
param uploaderPrincipalId string

@description('What the uploader is.')
@allowed([
  'User'
  'Group'
  'ServicePrincipal'
])
param uploaderPrincipalType string

// Ids of roles that are built into Azure. The account itself is the scope for the app's rights in storage,
// because the host makes containers, queues and tables of its own.
// The owner of blob data may also ask for keys that sign addresses for uploads; that is a right on an account only.
var storageBlobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
var storageQueueDataContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
var storageTableDataContributor = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
var storageBlobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
var storageBlobDataReader = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
var monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'
var cosmosDataContributor = '00000000-0000-0000-0000-000000000002'

var appStorageRoles = [
  storageBlobDataOwner
  storageQueueDataContributor
  storageTableDataContributor
]
var resultContainers = [
  'processed'
  'rejected'
]

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' existing = {
  parent: storage
  name: 'default'
}

resource uploads 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' existing = {
  parent: blobService
  name: 'uploads'
}

resource results 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' existing = [for name in resultContainers: {
  parent: blobService
  name: name
}]

resource cosmos 'Microsoft.DocumentDB/databaseAccounts@2025-04-15' existing = {
  name: cosmosAccountName
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: identityName
  location: location
  tags: tags
}

resource appStorageAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in appStorageRoles: {
  name: guid(storage.id, identity.id, role)
  scope: storage
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}]

resource appTelemetryAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(applicationInsights.id, identity.id, monitoringMetricsPublisher)
  scope: applicationInsights
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', monitoringMetricsPublisher)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

resource appDatabaseAccess 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2025-04-15' = {
  parent: cosmos
  name: guid(cosmos.id, identity.id, cosmosDataContributor)
  properties: {
    roleDefinitionId: '${cosmos.id}/sqlRoleDefinitions/${cosmosDataContributor}'
    principalId: identity.properties.principalId
    scope: '${cosmos.id}/dbs/${cosmosDatabaseName}'
  }
}

resource uploaderWriteAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(uploaderPrincipalId)) {
  name: guid(uploads.id, uploaderPrincipalId, storageBlobDataContributor)
  scope: uploads
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataContributor)
    principalId: uploaderPrincipalId
    principalType: uploaderPrincipalType
  }
}

resource uploaderReadAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (name, index) in resultContainers: if (!empty(uploaderPrincipalId)) {
  name: guid(storage.id, name, uploaderPrincipalId, storageBlobDataReader)
  scope: results[index]
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataReader)
    principalId: uploaderPrincipalId
    principalType: uploaderPrincipalType
  }
}]

@description('Name of the identity. It comes out after the rights are given, so that the app never starts without them.')
output identityName string = identity.name
